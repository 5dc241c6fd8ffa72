"""Pictures of one look, by matplotlib, the same bytes for the same figures."""

import matplotlib

matplotlib.use("svg")
matplotlib.rcParams |= {
    "svg.hashsalt": "converge", "svg.fonttype": "none", "font.family": "sans-serif", "font.size": 10, "axes.grid": True,
    "grid.alpha": 0.3, "axes.spines.top": False, "axes.spines.right": False, "figure.figsize": (7, 4), "legend.frameon": False,
    "axes.prop_cycle": matplotlib.cycler(color=["#0b6e99", "#d9730d", "#448361", "#9065b0", "#c14c8a", "#787774"]),
}
from matplotlib import pyplot


def figure(title, across, up):
    """A figure with one pair of axes, named."""
    drawn, axes = pyplot.subplots(layout="constrained")
    axes.set_title(title)
    axes.set_xlabel(across)
    axes.set_ylabel(up)
    return drawn, axes


def save(drawn, path):
    drawn.savefig(path, metadata={"Date": None})
    pyplot.close(drawn)
