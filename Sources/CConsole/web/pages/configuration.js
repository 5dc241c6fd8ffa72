import { html, Panel, useTitle } from "../core/ui.js";

export function Configuration({ path, query }) {
  useTitle("Configuration in force");
  return html`<${Panel} title="Configuration in force" level=${1}>${path.join("/")}<//>`;
}
