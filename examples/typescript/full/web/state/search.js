/** The delay between the last key and the search. Without it, each letter would cause a request. */
const PAUSE_MS = 300;

/** The text of the search field, which waits for a pause of the user. */
export class Search {
  #onSearch;
  #timer;

  text = '';

  /** @param onSearch - Receives the text after a pause. */
  constructor(onSearch) {
    this.#onSearch = onSearch;
  }

  type(text) {
    this.show(text);
    this.#timer = setTimeout(() => this.submit(), PAUSE_MS);
  }

  /** Searches without a delay. */
  submit() {
    clearTimeout(this.#timer);
    this.#onSearch(this.text);
  }

  /** Replaces the text without a search. */
  show(text = '') {
    clearTimeout(this.#timer);
    this.text = text;
  }
}
