// Where a token is entered. The token stays in this tab.
import { token } from "./api.js";
import { h } from "./dom.js";

export function tokenForm() {
  const field = h("input", { type: "password", class: "wide", autocomplete: "off", spellcheck: "false", "aria-label": "Token", placeholder: "token" });
  const enter = (submitted) => {
    submitted.preventDefault();
    token.set(field.value.trim());
    dispatchEvent(new Event("hivemark-token"));
  };
  return h("form", { class: "line", onsubmit: enter }, field, h("button", { type: "submit" }, "Use this token"),
    h("span", { class: "quiet" }, "or open what ", h("code", "hivectl dashboard"), " prints"));
}
