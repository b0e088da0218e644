// The triple patterns of a query that may be half written, read loosely: what stands at the cursor, and which class a
// subject has. A parser would refuse what one is just writing.

const TOKEN = /#.*|<[^<>"{}|^`\\\s]*>|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|[?$]\w+|[\w-]*:[\w-]*|\w+|\S/g;
const TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type";

export function declared(text) {
  return new Map([...text.matchAll(/PREFIX\s+([\w-]*):\s*<([^>]*)>/gi)].map(([, prefix, namespace]) => [prefix, namespace]));
}

// Subject, property and object of each pattern, and of the one that is not done.
function read(text) {
  const triples = [];
  let subject = null, property = null, path = false;
  for (const [token] of text.matchAll(TOKEN)) {
    if (token.startsWith("#")) continue;
    if ("{}.".includes(token)) subject = property = null;
    else if (token === ";") property = null;
    else if ("/^|".includes(token)) path = true;
    else if (",()+*".includes(token)) continue;
    else if (subject === null) subject = token;
    else if (property === null || path) [property, path] = [token, false];
    else triples.push([subject, property, token]);
  }
  return { triples, subject, property, path };
}

// What is to be written after `text`: a property of `subject`, or one that follows `property` in a path, a class, or any.
export function after(text) {
  const { subject, property, path } = read(text);
  if (subject !== null && (property === null || path)) return { slot: "property", subject, property: path ? property : null };
  return { slot: property === "a" || property === "rdf:type" ? "class" : "any", subject, property: null };
}

// The classes that a subject has by its patterns, or that what leads to it leads to.
export function classesOf(subject, property, text, prefixes, classes) {
  const iriOf = (token) => {
    if (token === "a") return TYPE;
    if (token.startsWith("<")) return token.slice(1, -1);
    const [prefix, local] = token.split(":");
    return local !== undefined && prefixes.has(prefix) ? prefixes.get(prefix) + local : null;
  };
  const to = (iri) => [...classes.values()].flatMap((each) => each.leads.get(iri) ?? []);
  const { triples } = read(text);
  const found = property !== null ? to(iriOf(property)) : triples.flatMap(([one, by, other]) => {
    if (one === subject && iriOf(by) === TYPE) return [iriOf(other)];
    return other === subject ? to(iriOf(by)) : [];
  });
  return [...new Set(found)].map((iri) => classes.get(iri)).filter(Boolean);
}
