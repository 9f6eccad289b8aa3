import { AxeBuilder } from '@axe-core/playwright';
import { expect, type Page } from '@playwright/test';

/** What axe finds in a page that has come to rest: a colour that is fading over to another scheme is not what one reads. */
export async function violationsIn(page: Page) {
  const moving = () =>
    document
      .getAnimations()
      .filter(
        (animation) => animation.effect?.getComputedTiming().endTime !== Infinity && animation.playState === 'running',
      ).length;
  await expect.poll(() => page.evaluate(moving)).toBe(0);
  return (await new AxeBuilder({ page }).analyze()).violations;
}
