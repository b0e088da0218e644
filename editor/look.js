// How the editor looks: by the page's own colours, which reach into the shadow root, so that it is dark where that is.
import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { EditorView } from "@codemirror/view";
import { tags } from "@lezer/highlight";

const raised = { backgroundColor: "var(--raised)", color: "var(--ink)", border: "1px solid var(--line)", borderRadius: "6px" };

const theme = EditorView.theme({
  "&": { ...raised, fontSize: "0.875rem" },
  "&.cm-focused": { outline: "2px solid var(--accent)", outlineOffset: "2px" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.5", minHeight: "10rem", maxHeight: "65vh", overflow: "auto" },
  ".cm-content": { padding: "0.6rem 0", caretColor: "var(--ink)" },
  ".cm-line": { padding: "0 0.6rem" },
  ".cm-gutters": { backgroundColor: "transparent", color: "var(--quiet)", border: "0" },
  ".cm-lineNumbers .cm-gutterElement": { padding: "0 0.2rem 0 0.7rem" },
  ".cm-activeLine": { backgroundColor: "color-mix(in srgb, var(--ink) 5%, transparent)" },
  "&.cm-focused .cm-matchingBracket": { backgroundColor: "var(--mark)", color: "var(--ink)" },
  ".cm-content ::selection": { backgroundColor: "var(--mark)", color: "var(--ink)" },
  ".cm-specialChar": { color: "var(--fault)" },
  ".cm-lintRange-error": { backgroundImage: "none", textDecoration: "underline wavy var(--fault)", textUnderlineOffset: "3px" },
  ".cm-lintRange-warning": { backgroundImage: "none", textDecoration: "underline wavy var(--inferred)", textUnderlineOffset: "3px" },
  ".cm-tooltip": { ...raised, boxShadow: "0 4px 16px var(--shade)", maxWidth: "min(36rem, 92vw)" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul": { fontFamily: "var(--mono)", maxHeight: "none", maxWidth: "min(36rem, 92vw)" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li": { padding: "0.2rem 0.6rem", display: "flex", gap: "1.2rem", whiteSpace: "normal" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > completion-section": {
    opacity: "1", borderBottom: "1px solid var(--line)", color: "var(--quiet)", padding: "0.3rem 0.6rem 0.1rem", fontFamily: "system-ui, sans-serif",
  },
  ".cm-tooltip-autocomplete ul li[aria-selected]": { backgroundColor: "var(--accent)", color: "var(--on-accent)" },
  ".cm-completionLabel": { overflowWrap: "anywhere" },
  ".cm-completionDetail": { marginLeft: "auto", fontStyle: "normal", color: "var(--quiet)", textAlign: "right", fontFamily: "system-ui, sans-serif" },
  "li[aria-selected] .cm-completionDetail": { color: "inherit" },
  ".cm-diagnostic": { borderLeft: "4px solid var(--fault)", padding: "0.3rem 0.7rem" },
  ".cm-diagnostic-warning": { borderLeftColor: "var(--inferred)" },
  ".cm-diagnosticAction": { backgroundColor: "var(--accent)", color: "var(--on-accent)", borderRadius: "4px", font: "inherit", padding: "0.1rem 0.5rem" },
});

const colours = HighlightStyle.define([
  { tag: [tags.keyword, tags.bool], color: "var(--keyword)", fontWeight: "600" },
  { tag: tags.variableName, color: "var(--variable)" },
  { tag: tags.url, color: "var(--accent)" },
  { tag: [tags.string, tags.annotation, tags.integer, tags.float], color: "var(--string)" },
  { tag: tags.comment, color: "var(--quiet)", fontStyle: "italic" },
]);

export const look = [theme, syntaxHighlighting(colours)];
