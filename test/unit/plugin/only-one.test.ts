import { expect, test } from 'vitest';
import { claimNode } from '../../../src/recorder/plugin/only-one.ts';

test('a folder has one process of each name at a time', async () => {
  const dir = `/srv/reel-${process.pid}`;
  const giveUp = await claimNode(dir, 'pbx');
  await expect(claimNode(dir, 'pbx')).rejects.toMatchObject({ code: 'node_taken' });
  const others = await Promise.all([claimNode(dir, 'pbx-2'), claimNode(`${dir}x`, 'pbx')]);
  await giveUp();
  others.push(await claimNode(dir, 'pbx'));
  await Promise.all(others.map((each) => each()));
});
