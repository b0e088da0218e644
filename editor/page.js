// What several modules do with the page.

export function element(name, ...content) {
  const made = document.createElement(name);
  made.append(...content);
  return made;
}

// The query with the release and dataset that go with it, as the form would send them.
export function fieldsOf(form, button) {
  const fields = new URLSearchParams(new FormData(form, button));
  if (fields.get("format") === "html") fields.delete("format");
  return fields;
}
