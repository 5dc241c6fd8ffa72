import { html, Panel, useTitle } from "../core/ui.js";

export function Customer({ path, query }) {
  useTitle("Customer");
  return html`<${Panel} title="Customer" level=${1}>${path.join("/")}<//>`;
}
