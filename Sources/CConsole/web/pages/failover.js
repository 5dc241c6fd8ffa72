import { html, Panel, useTitle } from "../core/ui.js";

export function Failover({ path, query }) {
  useTitle("Failover");
  return html`<${Panel} title="Failover" level=${1}>${path.join("/")}<//>`;
}
