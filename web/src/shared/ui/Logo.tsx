/** The mark: half a fig, which is also a drop of paint. */
export function LogoMark({ size = 36 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true">
      <path
        fill="var(--figment-skin)"
        d="M17.6 1.2c-.2 2.9.6 4.6 2.9 6.7 3.7 3.4 7 7.2 7 12.6 0 6.2-5.1 10.3-11.5 10.3S4.5 26.7 4.5 20.5c0-5.7 3.7-9.2 7.4-12.8 2.3-2.2 4.2-3.6 5.7-6.5Z"
      />
      <path
        fill="var(--figment-flesh)"
        d="M16.2 11.3c3.4 3 6.6 5.5 6.6 9.7 0 3.8-3 6.2-6.8 6.2s-6.8-2.4-6.8-6.2c0-4.2 3.5-6.5 7-9.7Z"
      />
      <g fill="var(--figment-seed)">
        <ellipse cx="16" cy="17.4" rx="1" ry="1.45" />
        <ellipse cx="12.9" cy="20.5" rx="1" ry="1.45" transform="rotate(28 12.9 20.5)" />
        <ellipse cx="19.1" cy="20.5" rx="1" ry="1.45" transform="rotate(-28 19.1 20.5)" />
        <ellipse cx="14.3" cy="24.1" rx="1" ry="1.45" transform="rotate(12 14.3 24.1)" />
        <ellipse cx="17.7" cy="24.1" rx="1" ry="1.45" transform="rotate(-12 17.7 24.1)" />
      </g>
    </svg>
  );
}
