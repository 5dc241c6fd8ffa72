import { html, Panel, useTitle } from "../core/ui.js";

export function Search({ path, query }) {
  useTitle("Search");
  return html`<${Panel} title="Search" level=${1}>${path.join("/")}<//>`;
}
