/** Moves the keyboard focus to an element, if the page has removed the control that had the focus. */
export function focusIfLost(id) {
  if (document.activeElement === document.body) document.getElementById(id)?.focus();
}

/** Moves the keyboard focus to the first item that is new in a list, unless the user has moved the focus during the request. */
export function focusFirstNew(listId, isNew, button) {
  const { activeElement } = document;
  // The button of the list has the focus, or the page has removed it.
  if (activeElement !== button && activeElement !== document.body) return;
  const item = [...document.querySelectorAll(`#${listId} > [data-video-id]`)].find(({ dataset }) => isNew(dataset.videoId));
  if (!item) return;
  const control = item.querySelector('a[href], button');
  if (!control) item.tabIndex = -1;
  (control ?? item).focus();
}

/** Moves the keyboard focus to the button in `place` that edits a video, or to the file chooser if the page no longer has such a button. */
export function focusEditButton(videoId, place) {
  const button = `[data-edit="${CSS.escape(videoId)}"]`;
  (document.querySelector(`#${place} ${button}`) ?? document.querySelector(button) ?? document.getElementById('file'))?.focus();
}
