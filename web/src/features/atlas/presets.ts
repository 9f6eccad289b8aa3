/** What land is most often made of: one click writes the prompt. The two colours are its look from above. */
export interface Preset {
  name: string;
  prompt: string;
  colors: readonly [string, string];
}

export const PRESETS: readonly Preset[] = [
  { name: 'Mountains', prompt: 'aerial view of snowy mountains', colors: ['#dfe6ec', '#6d7784'] },
  { name: 'Forest', prompt: 'aerial view of a dense forest', colors: ['#4f7f45', '#27492b'] },
  { name: 'River', prompt: 'aerial view of a river winding through meadows', colors: ['#8fb866', '#4c8fb5'] },
  { name: 'Coast', prompt: 'aerial view of a sandy coast', colors: ['#ead9ab', '#3f9fb8'] },
  { name: 'Water', prompt: 'aerial view of the deep blue sea', colors: ['#3d8cb4', '#1d4f80'] },
  { name: 'Islands', prompt: 'aerial view of green islands in a turquoise sea', colors: ['#5fc3bf', '#5c9a4d'] },
  { name: 'Fields', prompt: 'aerial view of farmland with patchwork fields', colors: ['#d9c46a', '#7ea651'] },
  { name: 'City', prompt: 'aerial view of a city with streets and red roofs', colors: ['#c9866a', '#8b8f96'] },
  { name: 'Desert', prompt: 'aerial view of desert dunes', colors: ['#ecc98d', '#c08a4e'] },
  { name: 'Snow', prompt: 'aerial view of snow fields and ice', colors: ['#ffffff', '#b9d3e2'] },
];
