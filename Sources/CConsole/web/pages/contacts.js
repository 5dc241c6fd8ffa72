import { html, Panel, useTitle } from "../core/ui.js";

export function Contacts({ path, query }) {
  useTitle("Contacts");
  return html`<${Panel} title="Contacts" level=${1}>${path.join("/")}<//>`;
}
