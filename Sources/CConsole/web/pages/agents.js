import { html, Panel, useTitle } from "../core/ui.js";

export function Agents({ path, query }) {
  useTitle("Agents");
  return html`<${Panel} title="Agents" level=${1}>${path.join("/")}<//>`;
}
