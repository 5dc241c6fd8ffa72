import { html, Panel, useTitle } from "../core/ui.js";

export function Preflight({ path, query }) {
  useTitle("Permissions and preflight");
  return html`<${Panel} title="Permissions and preflight" level=${1}>${path.join("/")}<//>`;
}
