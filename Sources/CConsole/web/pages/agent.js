import { html, Panel, useTitle } from "../core/ui.js";

export function Agent({ path, query }) {
  useTitle("Agent");
  return html`<${Panel} title="Agent" level=${1}>${path.join("/")}<//>`;
}
