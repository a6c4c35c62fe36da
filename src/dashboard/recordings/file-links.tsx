import { useState } from 'preact/hooks';
import type { Recording } from '../api/types.ts';
import { copyText } from './copy-text.ts';

/** The file, and its link for somebody else. */
export const FileLinks = ({ recording }: { readonly recording: Recording }) => {
  const [copied, setCopied] = useState('');
  const copy = async (): Promise<void> => {
    const done = await copyText(recording.url);
    setCopied(
      done
        ? 'Copied. Whoever has the link hears the recording until it expires.'
        : `Copy it yourself: ${recording.url}`,
    );
  };
  return (
    <div class="buttons">
      <a class="button" href={recording.url} download={`${recording.recording_id}.${recording.format}`}>
        Download
      </a>
      <button type="button" onClick={() => void copy()}>
        Copy signed link
      </button>
      <span class="hint" role="status">
        {copied}
      </span>
    </div>
  );
};
