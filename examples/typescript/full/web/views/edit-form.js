import { html, nothing } from '../lit-html.js';
import { FIELDS, VISIBILITIES } from '../editing/fields.js';

/** The form that edits the title, the description, the tags and the visibility of a video. */
export const editForm = (editor, { saveEdit, cancelEdit, changeField, useTheirs }) => {
  const { video: { title }, draft, errors, problem, changes, isSaving } = editor;
  const onInput = ({ target }) => changeField(target.name, target.value);
  return html`
    <form class="edit" aria-label=${`Edit ${title}`} novalidate @submit=${saveEdit} @keydown=${(event) => cancelWithEscape(event, cancelEdit)}>
      ${changes.length > 0 ? conflict(changes, useTheirs) : nothing}
      <label for="edit-title">Title</label>
      <input id="edit-title" name="title" type="text" maxlength="200" autocomplete="off" .value=${draft.title} @input=${onInput}
        aria-invalid=${errors.title ? 'true' : 'false'} aria-describedby="error-title">
      ${errorOf('title', errors)}
      <label for="edit-description">Description</label>
      <textarea id="edit-description" name="description" rows="3" maxlength="5000" .value=${draft.description} @input=${onInput}
        aria-invalid=${errors.description ? 'true' : 'false'} aria-describedby="error-description"></textarea>
      ${errorOf('description', errors)}
      <label for="edit-tags">Tags <span class="hint">one per line</span></label>
      <textarea id="edit-tags" name="tags" rows="3" .value=${draft.tags} @input=${onInput}
        aria-invalid=${errors.tags ? 'true' : 'false'} aria-describedby="error-tags"></textarea>
      ${errorOf('tags', errors)}
      <fieldset id="edit-visibility" tabindex="-1" aria-describedby="error-visibility">
        <legend>Visibility</legend>
        ${Object.entries(VISIBILITIES).map(([value, [name, who]]) => html`
          <label><input type="radio" name="visibility" value=${value} .checked=${draft.visibility === value} @change=${onInput}><span>${name}: <span class="hint">${who}</span></span></label>`)}
      </fieldset>
      ${errorOf('visibility', errors)}
      <p id="edit-problem" class="error" role="alert" tabindex="-1">${problem}</p>
      <div class="row">
        <button aria-label=${`Save the changes of ${title}`} aria-disabled=${isSaving}>Save</button>
        <button type="button" class="quiet" aria-label=${`Cancel the edit of ${title}`} aria-disabled=${isSaving} @click=${cancelEdit}>Cancel</button>
      </div>
    </form>`;
};

const errorOf = (name, errors) => html`<p id=${`error-${name}`} class="error" ?hidden=${!errors[name]}>${errors[name]}</p>`;

/** What has changed on the other side, and what that means for the text in the form. */
const conflict = (changes, useTheirs) => html`
  <section id="edit-conflict" tabindex="-1" aria-labelledby="edit-conflict-heading">
    <h3 id="edit-conflict-heading">This video was edited elsewhere in the meantime</h3>
    <p>Your changes are not saved yet, but your text is still here. Compare, and then save.</p>
    <dl>${changes.map(({ name, before, now, isMine }) => html`
      <div>
        <dt>${FIELDS[name]}</dt>
        <dd>Before: ${readable(name, before)}</dd>
        <dd>Now: ${readable(name, now)}</dd>
        <dd>${isMine
          ? html`The form has your text. <button type="button" class="quiet small" aria-label=${`Use the other ${FIELDS[name].toLowerCase()}`} @click=${() => useTheirs(name)}>Use the other</button>`
          : 'The form has the new text.'}</dd>
      </div>`)}
    </dl>
  </section>`;

function readable(name, text) {
  if (!text) return 'nothing';
  if (name === 'visibility') return VISIBILITIES[text]?.[0] ?? text;
  return html`<q>${name === 'tags' ? text.replaceAll('\n', ', ') : text}</q>`;
}

/** An input method uses Escape to cancel the composition. */
function cancelWithEscape(event, cancel) {
  if (event.key !== 'Escape' || event.isComposing) return;
  // The page closes the player with Escape.
  event.stopPropagation();
  cancel();
}
