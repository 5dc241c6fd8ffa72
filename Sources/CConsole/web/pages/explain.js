import { html, Panel, useTitle } from "../core/ui.js";

export function Explain({ path, query }) {
  useTitle("Explain");
  return html`<${Panel} title="Explain" level=${1}>${path.join("/")}<//>`;
}
