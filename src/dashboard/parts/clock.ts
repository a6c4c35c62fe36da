import { useEffect, useState } from 'preact/hooks';

/** Unix seconds, new each second. */
export const useSeconds = (): number => {
  const [now, setNow] = useState(Date.now() / 1000);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now() / 1000), 1000);
    return () => clearInterval(timer);
  }, []);
  return now;
};
