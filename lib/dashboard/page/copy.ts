/** Copies a text. `navigator.clipboard` is missing on plain http, so that a selected text area is the fallback. */
export async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copySelected(text);
  }
}

function copySelected(text: string): boolean {
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "copying";
  const focused = document.activeElement;
  document.body.append(area);
  area.select();
  let isCopied = false;
  try {
    isCopied = document.execCommand("copy");
  } catch {
    // The caller says that it was not copied.
  }
  area.remove();
  if (focused instanceof HTMLElement) focused.focus();
  return isCopied;
}
