import { html, Panel, useTitle } from "../core/ui.js";

export function Term({ path, query }) {
  useTitle("Term");
  return html`<${Panel} title="Term" level=${1}>${path.join("/")}<//>`;
}
