// What words and colours mean, and the keys.
import { html } from "../vendor/preact-htm.js";
import { Badge, Panel, useTitle } from "../core/ui.js";

export function Help() {
  useTitle("Help");
  return html`
    <h1>Help</h1>
    <${Panel} title="Words and colours">
      <ul>
        <li><${Badge} tone="ok">healthy<//> somebody looked, lately, and it works.</li>
        <li><${Badge} tone="bad">unhealthy<//> somebody looked, lately, and it does not.</li>
        <li><${Badge} tone="unknown">unknown<//> nobody looked, could look, or looked lately enough. It is no zero, and it is not well.</li>
        <li><strong>Age</strong>: each part of a page says how old what it shows is. Grey and <${Badge} tone="unknown">stale<//>: too old to act upon.</li>
        <li><strong>Wanted and real</strong>: wanted is the newest intent in the control table; real is what Amazon Connect shows in force.</li>
        <li><strong>Term</strong>: an intent, numbered. The newest counts.</li>
        <li><strong>From end to end</strong>: it follows a contact or a fact through everything. A part that is well proves nothing of the whole.</li>
        <li><strong>Practice</strong>: a drill.</li>
      </ul>
    <//>
    <${Panel} title="Keys">
      <ul><li><kbd>/</kbd> search</li><li><kbd>?</kbd> this page</li><li><kbd>Tab</kbd>, <kbd>Enter</kbd> everything</li><li><kbd>Escape</kbd> closes a dialog; nothing is sent</li></ul>
    <//>
    <${Panel} title="Good to know">
      <ul>
        <li>Every page is an address: copy it to show somebody what you see. What stands behind # is never sent to a server.</li>
        <li>Times are UTC, or those of this browser: one switch at the top for all of them.</li>
        <li>This page asks this server alone. When it does not answer, open the console of the other Region.</li>
      </ul>
    <//>`;
}
