// What several modules do with the page.

export function element(name, ...content) {
  const made = document.createElement(name);
  made.append(...content);
  return made;
}

// Foreign text with each hidden character as its code point, as the server shows it, so that nobody is misled.
export function visible(text) {
  return text.replace(/[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, (hidden) => `[U+${hidden.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}]`);
}

// The query with the release and dataset that go with it, as the form would send them.
export function fieldsOf(form, button) {
  const fields = new URLSearchParams(new FormData(form, button));
  if (fields.get("format") === "html") fields.delete("format");
  return fields;
}
