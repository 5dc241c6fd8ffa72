import { html, Panel, useTitle } from "../core/ui.js";

export function Help({ path, query }) {
  useTitle("Help");
  return html`<${Panel} title="Help" level=${1}>${path.join("/")}<//>`;
}
