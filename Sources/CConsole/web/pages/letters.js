import { html, Panel, useTitle } from "../core/ui.js";

export function Letters({ path, query }) {
  useTitle("Dead letters");
  return html`<${Panel} title="Dead letters" level=${1}>${path.join("/")}<//>`;
}
