// Follow an event stream as ldes-client does; write the quads of the members as N-Quads.
// node follow.mjs NODE_MODULES URL STATE
import { createRequire } from "node:module";

const [modules, url, statePath] = process.argv.slice(2);
const { replicateLDES, intoConfig } = await import(`${modules}/ldes-client/dist/lib/client.js`);
const { Writer } = createRequire(`${modules}/follow.js`)("n3");

const writer = new Writer({ format: "N-Quads" });
const reader = replicateLDES(intoConfig({ url, statePath })).stream().getReader();
for (let next = await reader.read(); !next.done; next = await reader.read()) {
  process.stdout.write(writer.quadsToString(next.value.quads));
}
