// Trusted Types: nothing that a page or a library writes as HTML becomes HTML. Names and units come from other nodes.
const entities = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };

export const own = new URL("./", import.meta.url);

if (globalThis.trustedTypes)
  trustedTypes.createPolicy("default", {
    createHTML: (text) => text.replace(/[&<>]/g, (each) => entities[each]),
    createScriptURL: (url) => {
      const whole = new URL(url, location.href);
      if (!whole.href.startsWith(own.href)) throw new TypeError(`a script of another place: ${whole.href}`);
      return whole.href;
    },
  });
