// Runs a query by fetching the page that the form leads to, and shows its result under the editor: the server is the only
// one that writes results, so that they are the same with and without this script.
import { element, fieldsOf } from "./page.js";

const outcome = Object.assign(element("div"), { className: "outcome" });
const heading = element("h1");
const aside = Object.assign(element("div"), { className: "tree" }); // keeps the place of the tree until that comes

// Puts the page in the order that it keeps: heading, editor, outcome, and the tree beside them.
export function arrange(form) {
  const main = document.querySelector("main"), found = partsOf(main);
  const bench = Object.assign(element("div", element("div", form, outcome)), { className: "workbench" });
  heading.append(...(found.heading?.childNodes ?? [form.dataset.heading]));
  outcome.append(...found.rest);
  main.replaceChildren(...[heading, found.lead, bench].filter(Boolean));
  if (found.tree ?? form.dataset.page) bench.append(found.tree ?? aside);
  if (!found.tree && form.dataset.page) grow(form.dataset.page);
}

// The tree is on the page without a query only: it is the same for all.
async function grow(address) {
  const response = await fetch(address, { headers: { Accept: "text/html" } }).catch(() => null);
  const tree = response?.ok && parse(await response.text()).querySelector(".tree");
  if (tree) aside.replaceWith(tree);
}

const parse = (text) => new DOMParser().parseFromString(text, "text/html");

function partsOf(main) {
  for (const box of main.querySelectorAll(".workbench, .asked")) box.replaceWith(...box.childNodes);
  const [tree, lead, h1] = [".tree", ".lead", "h1"].map((name) => main.querySelector(name));
  for (const part of main.querySelectorAll("form[data-check], .tree, .lead, .again")) part.remove();
  if (!h1?.matches(".fault, .problem h1")) {
    h1?.remove();
    return { heading: h1, lead, tree, rest: [...main.childNodes] };
  }
  // A page about a fault has that as its heading; here it stands below the editor.
  const lower = Object.assign(element("h2", ...h1.childNodes), { className: "fault" });
  h1.replaceWith(lower);
  return { heading: null, lead, tree, rest: [...main.childNodes] };
}

export function startResults(form, write, remember) {
  const [stop, share] = ["stop", "share"].map((name) => form.querySelector(`[data-do=${name}]`));
  const status = form.querySelector("[role=status]"), clock = form.querySelector(".clock");
  const endpoint = new URL(form.action), isOurs = (url) => url.origin + url.pathname === endpoint.origin + endpoint.pathname;
  const say = (sentence) => (status.textContent = sentence);
  const addressOf = (fields) => new URL(`${endpoint.pathname}?${fields}`, endpoint);
  const isLong = (address) => address.href.length > Number(form.dataset.longest);
  let running = null, shown = location.pathname + location.search;

  async function show(address, body) {
    running?.abort();
    const mine = (running = new AbortController()), started = performance.now();
    const seconds = () => ((performance.now() - started) / 1000).toFixed(1);
    const ticking = setInterval(() => (clock.textContent = `${seconds()} s`), 200);
    stop.hidden = false;
    outcome.classList.add("stale");
    say("Running…");
    try {
      const request = { signal: mine.signal, headers: { Accept: "text/html" }, ...(body && { method: "POST", body }) };
      const response = await fetch(address, request), page = parse(await response.text());
      put(page, response.status);
    } catch {
      // To close the request is to end the query: the server looks whether its client is still there.
      if (running === mine) say(mine.signal.aborted ? `Stopped after ${seconds()} s.` : "The server did not answer; try again.");
    } finally {
      clearInterval(ticking);
      if (running === mine) {
        running = null;
        clock.textContent = "";
        stop.hidden = true;
        outcome.classList.remove("stale");
      }
    }
  }

  function put(page, code) {
    const main = page.querySelector("main");
    if (!main) return say(`The server answered with ${code}; try again.`);
    const found = partsOf(main);
    heading.replaceChildren(...(found.heading?.childNodes ?? [form.dataset.heading]));
    outcome.replaceChildren(...found.rest);
    form.querySelector(".findings").replaceChildren();
    document.title = page.title;
    // The sentence that the page begins with is said; it stands there already for those who see it.
    say("");
    status.append(Object.assign(element("span", outcome.querySelector(".fault, [role=status]")?.textContent ?? ""), { className: "unseen" }));
    outcome.scrollIntoView({ block: "nearest" });
  }

  function ask(fields, byPost) {
    const address = addressOf(fields);
    write(fields.get("query"));
    remember(fields.get("query"));
    if (byPost || isLong(address)) return show(endpoint, fields);
    if (address.href !== location.href) history.pushState(null, "", address);
    shown = location.pathname + location.search;
    return show(address);
  }

  // Every form and link that leads to a result, wherever it stands: the editor's own, cures, columns, pages, examples.
  document.addEventListener("submit", (event) => {
    const sent = event.target, button = event.submitter;
    if (!isOurs(new URL(sent.action))) return;
    const fields = fieldsOf(sent, button);
    if (fields.has("format")) return; // a file to save
    event.preventDefault();
    ask(fields, button?.getAttribute("formmethod") === "post");
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("main a[href]");
    if (!link || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const url = new URL(link.href);
    if (!isOurs(url) || !url.searchParams.has("query") || url.searchParams.has("format")) return;
    event.preventDefault();
    ask(url.searchParams, false);
  });
  addEventListener("popstate", () => {
    if (location.pathname + location.search === shown) return; // within the page
    shown = location.pathname + location.search;
    write(new URL(location.href).searchParams.get("query") ?? "");
    show(location.href);
  });

  stop.addEventListener("click", () => {
    running?.abort();
    form.querySelector("[type=submit]").focus();
  });
  share.addEventListener("click", async () => {
    const address = addressOf(fieldsOf(form));
    if (isLong(address)) return say("This query is too long for an address; share the query itself.");
    history.replaceState(null, "", address);
    shown = location.pathname + location.search;
    // A page that is not served over HTTPS may have no clipboard.
    const isCopied = await navigator.clipboard?.writeText(address.href).then(() => true, () => false);
    say(isCopied ? "The address of this query was copied." : "The address of this page leads to this query now.");
  });
}
