// What can stand at the cursor: the release's own terms with their names and counts, variables, keywords, and things that
// are found by words and written as IRIs.
import { autocompletion } from "@codemirror/autocomplete";
import { syntaxTree } from "@codemirror/language";
import { visible } from "./page.js";
import { after, classesOf, declared } from "./triples.js";

const KEYWORDS = (
  "ASK BIND CONSTRUCT COUNT DESCRIBE DISTINCT EXISTS FILTER FROM GRAPH GROUP BY HAVING LIMIT MINUS NOT OFFSET OPTIONAL " +
  "ORDER BY PREFIX REGEX SELECT SUM UNION VALUES WHERE AVG MIN MAX CONTAINS LCASE LANG STR BOUND COALESCE CONCAT IF YEAR"
).split(" ");
const MOST = 60, LEAST_LETTERS = 2;
const AT_ONCE = 10; // as many as need no scrolling: the list moves with the choice

export function completion(form) {
  let known = null;
  const terms = () => (known ??= readTerms(form.dataset.schema));

  async function complete(context) {
    if (/^(Comment|String)/.test(syntaxTree(context.state).resolveInner(context.pos, -1).name)) return null;
    const begun = context.matchBefore(/<[\p{L}\p{N}][^<>"{}|^`\\\n]*/u);
    if (begun) return form.dataset.search && !begun.text.includes(":") ? things(context, begun) : null;
    const variable = context.matchBefore(/[?$]\w*/);
    if (variable) return variables(context, variable);
    const word = context.matchBefore(/[\p{L}_][\w-]*(:[\w-]*)?/u);
    if (!word && !context.explicit) return null;
    return named(context, word ?? { from: context.pos, text: "" }, await terms());
  }

  async function things(context, begun) {
    const words = begun.text.slice(1).trim();
    if (words.length < LEAST_LETTERS) return null;
    const address = new URL(form.dataset.search, location.href), stop = new AbortController();
    address.searchParams.set("q", words);
    context.addEventListener("abort", () => stop.abort(), { onDocChange: true });
    const response = await fetch(address, { signal: stop.signal }).catch(() => null);
    if (!response?.ok || context.aborted) return null;
    const hits = (await response.json()).groups.flatMap(({ kind, hits }) => hits.map((hit) => ({ kind, ...hit })));
    const begins = ({ title }) => title.text.toLowerCase().startsWith(words.toLowerCase());
    hits.sort((one, other) => begins(other) - begins(one)); // a country before the actions in it
    return {
      from: begun.from,
      filter: false,
      options: hits.slice(0, MOST).map(({ kind, iri, title, year, uses = 0 }) => ({
        label: visible(title.text),
        detail: `${year ? `${kind}, ${year}` : kind} · ${uses.toLocaleString("en")}×`,
        apply: (view, _, from, to) => {
          const isClosed = view.state.sliceDoc(to, to + 1) === ">";
          view.dispatch({ changes: { from, to: to + isClosed, insert: `<${iri}>` }, selection: { anchor: from + iri.length + 2 } });
        },
      })),
    };
  }

  return autocompletion({ override: [complete], icons: false, maxRenderedOptions: AT_ONCE, activateOnTypingDelay: 120 });
}

function variables(context, { from, text }) {
  const all = context.state.doc.toString().matchAll(/[?$]\w+/g);
  const others = new Set([...all].filter((found) => found.index !== from).map(([name]) => name));
  const fitting = [...others].filter((name) => name.startsWith(text) && name !== text);
  return fitting.length ? { from, filter: false, options: fitting.map((label) => ({ label })) } : null;
}

// Terms by how well they fit: first those of the class at hand, then by where the letters stand, then by use.
function named(context, { from, text }, { classes, terms, namespaces }) {
  const whole = context.state.doc.toString(), prefixes = new Map([...namespaces, ...declared(whole)]);
  const { slot, subject, property } = after(whole.slice(0, from));
  const atHand = slot === "property" ? classesOf(subject, property, whole, prefixes, classes) : [];
  const letters = text.toLowerCase();
  const found = [];
  for (const term of terms) {
    if ((slot === "class" && !term.isClass) || (slot === "property" && term.isClass)) continue;
    const own = atHand.find((each) => each.properties.has(term.iri));
    const [name, prefix] = written(term.iri, prefixes);
    const rank = fit(letters, name.toLowerCase(), term.name.toLowerCase());
    if (rank === null) continue;
    const count = own ? own.properties.get(term.iri) : term.count;
    found.push({
      label: name,
      detail: `${visible(term.name)} · ${count.toLocaleString("en")}×`,
      section: own ? { name: `Properties of ${visible(own.name)}`, rank: 0 } : atHand.length ? { name: "Other terms", rank: 1 } : undefined,
      apply: insertion(name, prefix, prefixes),
      order: (own ? 0 : 1e9) + rank * 1e6 - Math.min(count, 999_999),
    });
  }
  const options = found.sort((one, other) => one.order - other.order).slice(0, MOST);
  if (letters && !letters.includes(":")) {
    const words = [...new Set(KEYWORDS)].filter((word) => word.startsWith(letters.toUpperCase()) && word !== text);
    options.push(...words.map((label) => ({ label, detail: "keyword", section: atHand.length ? { name: "Keywords", rank: 2 } : undefined })));
  }
  return options.length ? { from, filter: false, options } : null;
}

// 0 where the local name begins so, 1 where a word of the name does, 2 where it stands within; null where nowhere.
function fit(letters, name, words) {
  const local = name.slice(name.indexOf(":") + 1);
  if (local.startsWith(letters) || name.startsWith(letters)) return 0;
  if (words.split(" ").some((word) => word.startsWith(letters))) return 1;
  return letters.length > 1 && (name.includes(letters) || words.includes(letters)) ? 2 : null;
}

function insertion(name, prefix, prefixes) {
  return (view, _, from, to) => {
    const text = view.state.doc.toString(), changes = [{ from, to, insert: name }];
    let moved = 0;
    if (prefix !== null && !declared(text).has(prefix)) {
      // After the comment that has the question, for a page has that as its title.
      const at = /^(\s*#.*\n)*/.exec(text)[0].length, line = `PREFIX ${prefix}: <${prefixes.get(prefix)}>\n`;
      changes.unshift({ from: at, insert: line });
      moved = line.length;
    }
    view.dispatch({ changes, selection: { anchor: from + moved + name.length } });
  };
}

// The shortest way to write an IRI, and the prefix that it needs.
function written(iri, prefixes) {
  for (const [prefix, namespace] of prefixes) {
    if (iri.startsWith(namespace) && /^[A-Za-z_][\w-]*$/.test(iri.slice(namespace.length))) return [`${prefix}:${iri.slice(namespace.length)}`, prefix];
  }
  return [`<${iri}>`, null];
}

// The classes of the release with the properties that each has, and all terms, from what the server counted.
async function readTerms(address) {
  const response = address && (await fetch(address, { headers: { Accept: "application/json" } }).catch(() => null));
  const schema = response?.ok ? await response.json() : { classes: [], elsewhere: [], prefixes: {} };
  const classes = new Map(), terms = new Map();
  const add = (iri, name, count, isClass) => {
    const term = terms.get(iri) ?? { iri, name, count: 0, isClass };
    terms.set(iri, { ...term, count: isClass ? count : term.count + count });
  };
  for (const found of schema.classes) {
    const properties = new Map(), leads = new Map();
    for (const { property, name, triples, values } of found.properties) {
      properties.set(property, triples);
      leads.set(property, values.flatMap((value) => value.class ?? []));
      add(property, name, triples, false);
    }
    for (const { property, name, triples } of found.wider) add(property, name, triples, false);
    for (const each of [found, ...found.narrower]) {
      classes.set(each.class, { name: each.name, properties, leads });
      add(each.class, each.name, each.things, true);
    }
  }
  for (const each of schema.elsewhere) add(each.class, each.name, each.things, true);
  return { classes, terms: [...terms.values()], namespaces: Object.entries(schema.prefixes ?? {}) };
}
