import { blank } from "./panel.js";
import { Page } from "./page.js";

export default function unknown(main, query, path) {
  return new Page(main, query).heading("No such page").add(blank({ text: `There is no page ${path}. The line above has all pages.` })).start();
}
