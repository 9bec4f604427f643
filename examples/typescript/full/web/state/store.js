/** Everything that the page shows, in one object. After a change, the page is rendered once, even if several changes happen together. */
export class Store {
  #render;
  #isPlanned = false;

  constructor(state, render) {
    this.state = state;
    this.#render = render;
  }

  update(changes = {}) {
    Object.assign(this.state, changes);
    if (this.#isPlanned) return;
    this.#isPlanned = true;
    queueMicrotask(() => {
      this.#isPlanned = false;
      this.#render(this.state);
    });
  }
}
