import { html, Panel, useTitle } from "../core/ui.js";

export function Home({ path, query }) {
  useTitle("Overview");
  return html`<${Panel} title="Overview" level=${1}>${path.join("/")}<//>`;
}
