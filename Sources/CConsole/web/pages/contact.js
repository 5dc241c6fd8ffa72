import { html, Panel, useTitle } from "../core/ui.js";

export function Contact({ path, query }) {
  useTitle("Contact");
  return html`<${Panel} title="Contact" level=${1}>${path.join("/")}<//>`;
}
