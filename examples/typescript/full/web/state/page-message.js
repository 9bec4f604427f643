/** The message at the top of the page. A message about the user's last action stays until the next action. */
export class PageMessage {
  #onChange;
  #text = '';
  #isOfBackground = false;

  constructor(onChange) {
    this.#onChange = onChange;
  }

  say(text = '', { isOfBackground = false } = {}) {
    this.#text = text;
    this.#isOfBackground = isOfBackground;
    this.#onChange(text);
  }

  /** Shows an error until the user's next action. An AbortError means that the session ended during the request, so the page shows no error. */
  report({ name, message }) {
    if (name !== 'AbortError') this.say(message);
  }

  /** Shows the error of a background request, unless a message about the user's last action is visible. */
  reportOfBackground({ name, message }) {
    if (name !== 'AbortError' && (!this.#text || this.#isOfBackground)) this.say(message, { isOfBackground: true });
  }

  /** Runs an action of the user, and shows the error if the action fails. */
  async attempt(work) {
    this.say();
    try {
      await work();
    } catch (error) {
      this.report(error);
    }
  }

  /** Runs a background request. If the request fails, shows the error until a background request succeeds. */
  async inBackground(work) {
    try {
      await work();
      if (this.#isOfBackground) this.say();
    } catch (error) {
      this.reportOfBackground(error);
    }
  }
}
