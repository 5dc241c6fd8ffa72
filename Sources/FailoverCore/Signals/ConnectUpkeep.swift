/// How often a controller asks Amazon Connect for what it needs beside signals while nothing happens, in milliseconds: the more groups there are, and
/// controllers in its Region, the more seldom, so that all of them together stay within what ``RequestBudget/pace`` leaves of ``RequestBudget/perMinute``.
///
/// At one Region's endpoint that is 1 request a minute for reading groups and 0.05 more a group and controller for describing them (``groupMilliseconds``), 0.7 for
/// exercises of both Regions' controllers, 0.4 for preflights. In doubt, and while something is carried out, groups are read as often as it takes.
package struct ConnectUpkeep: Equatable, Sendable {
    /// Traffic distribution groups.
    private let groups: Int64
    /// That live, of the own Region.
    private let controllers: Int64

    /// Each counts for one at least.
    package init(groups: Int, controllers: Int) {
        self.groups = Int64(max(1, min(groups, 1_000)))
        self.controllers = Int64(max(1, min(controllers, 1_000)))
    }

    /// Between two readings of all groups, a request a group: a minute for one of one controller, ten at most.
    package var groupsMilliseconds: Int64 { min(60_000 * groups * controllers, 600_000) }
    /// A description of a group counts for so long.
    package static let descriptionMilliseconds: Int64 = 1_200_000
    /// Between two exercises, of one group, a request in each Region: three minutes, nine at most.
    package var exerciseMilliseconds: Int64 { min(180_000 * controllers, 540_000) }
    /// Between two preflights, two requests and two a group: ten minutes, an hour at most.
    package var preflightMilliseconds: Int64 { min(300_000 * (1 + groups) * controllers, 3_600_000) }
}
