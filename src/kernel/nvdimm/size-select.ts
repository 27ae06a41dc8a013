/** nd_size_select_show: the supported sizes, the chosen one in brackets, each with a blank after it. */
export function selectShow(supported: readonly number[], chosen: number): string {
  const words = supported.map(size => (size === chosen ? `[${size}] ` : `${size} `));
  return `${words.join('')}\n`;
}
