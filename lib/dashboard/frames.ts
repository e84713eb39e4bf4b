// Shared by the server and the page, which reads nothing else of the server.

/** Whether a line of the text of an error is a frame of its stack. */
export function isFrame(line: string): boolean {
  return /^\s+at /.test(line);
}

/** Whether a frame is of Node or of a dependency, and not of the application. */
export function isForeignFrame(line: string): boolean {
  return /node_modules|node:|<anonymous>\)?$/.test(line);
}
