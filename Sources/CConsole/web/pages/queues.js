import { html, Panel, useTitle } from "../core/ui.js";

export function Queues({ path, query }) {
  useTitle("Queues");
  return html`<${Panel} title="Queues" level=${1}>${path.join("/")}<//>`;
}
