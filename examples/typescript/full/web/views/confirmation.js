import { html, render } from '../lit-html.js';

/**
 * Asks the user a question in a modal dialog. Returns whether the user chose `proceed`. The Escape key chooses `keep`, and the button `keep` has the keyboard
 * focus at first. The browser returns the focus to the control that had it before.
 */
export function confirm({ question, consequence, keep, proceed }) {
  const dialog = document.createElement('dialog');
  dialog.id = 'confirmation';
  dialog.setAttribute('role', 'alertdialog');
  dialog.setAttribute('aria-labelledby', 'question');
  dialog.setAttribute('aria-describedby', 'consequence');
  render(html`
    <h2 id="question">${question}</h2>
    <p id="consequence">${consequence}</p>
    <div class="row">
      <button type="button" autofocus @click=${() => dialog.close()}>${keep}</button>
      <button type="button" class="quiet" @click=${() => dialog.close('proceed')}>${proceed}</button>
    </div>`, dialog);
  // The page closes the player with Escape.
  dialog.addEventListener('keydown', (event) => event.stopPropagation());
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(dialog.returnValue === 'proceed');
    });
  });
}
