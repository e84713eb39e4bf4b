import { signal } from "@preact/signals-core";

export type Theme = "auto" | "light" | "dark";
const themes: readonly Theme[] = ["auto", "light", "dark"];

export const theme = signal<Theme>(stored());

/** Grows when the colours change, so that what is drawn is drawn again. */
export const themeChange = signal(0);

export function nextTheme(): Theme {
  return themes[(themes.indexOf(theme.value) + 1) % themes.length] ?? "auto";
}

export function setTheme(value: Theme): void {
  theme.value = value;
  try {
    localStorage.setItem("watchbill-theme", value);
  } catch {
    // Storage may be off: the choice then ends with the page.
  }
  applyTheme();
}

export function applyTheme(): void {
  const { classList } = document.documentElement;
  for (const name of themes) classList.toggle(name, name === theme.value);
  themeChange.value++;
}

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => themeChange.value++);

function stored(): Theme {
  try {
    const value = localStorage.getItem("watchbill-theme");
    return themes.find((name) => name === value) ?? "auto";
  } catch {
    return "auto";
  }
}
