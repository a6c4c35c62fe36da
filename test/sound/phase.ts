/** Phase in radians and level of a sine, `turns` a sample, in a window of `length` samples. */
export const phaseOf = (
  samples: Int16Array,
  from: number,
  length: number,
  turns: number,
): { phase: number; level: number } => {
  let re = 0;
  let im = 0;
  for (let i = from; i < from + length; i++) {
    re += (samples[i] ?? 0) * Math.cos(2 * Math.PI * turns * i);
    im += (samples[i] ?? 0) * Math.sin(2 * Math.PI * turns * i);
  }
  return { phase: Math.atan2(im, re), level: (2 * Math.hypot(re, im)) / length };
};
