import { html, Panel, useTitle } from "../core/ui.js";

export function Streams({ path, query }) {
  useTitle("Streams and shards");
  return html`<${Panel} title="Streams and shards" level=${1}>${path.join("/")}<//>`;
}
