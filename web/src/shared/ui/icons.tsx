import type { ReactNode } from 'react';

const icon = (drawing: ReactNode) =>
  function Icon({ size = 20 }: { size?: number }) {
    return (
      <svg
        width={size}
        height={size}
        viewBox="0 0 24 24"
        fill="none"
        stroke="currentColor"
        strokeWidth={1.7}
        strokeLinecap="round"
        strokeLinejoin="round"
        aria-hidden="true"
      >
        {drawing}
      </svg>
    );
  };

export const IconStudio = icon(
  <>
    <path d="M14.5 4.5 19.5 9.5 9 20H4v-5Z" />
    <path d="m12 7 5 5" />
    <path d="M19 16v4M17 18h4" />
  </>,
);
export const IconAtlas = icon(
  <>
    <path d="M3.5 6.5 9 4l6 2.5L20.5 4v13.5L15 20l-6-2.5L3.5 20Z" />
    <path d="M9 4v13.5M15 6.5V20" />
  </>,
);
export const IconSun = icon(
  <>
    <circle cx="12" cy="12" r="4" />
    <path d="M12 3v1.5M12 19.5V21M3 12h1.5M19.5 12H21M5.6 5.6l1.1 1.1M17.3 17.3l1.1 1.1M5.6 18.4l1.1-1.1M17.3 6.7l1.1-1.1" />
  </>,
);
export const IconMoon = icon(<path d="M19.5 14.5A8 8 0 0 1 9.5 4.5a8 8 0 1 0 10 10Z" />);
export const IconAuto = icon(
  <>
    <circle cx="12" cy="12" r="8.5" />
    <path d="M12 3.5v17a8.5 8.5 0 0 0 0-17Z" fill="currentColor" stroke="none" />
  </>,
);
export const IconPerson = icon(
  <>
    <circle cx="12" cy="8.5" r="3.7" />
    <path d="M4.5 20c.8-3.8 3.7-5.7 7.5-5.7s6.7 1.9 7.5 5.7" />
  </>,
);
export const IconSliders = icon(
  <>
    <path d="M4 7.5h9M18.5 7.5H20M4 16.5h1.5M11 16.5h9" />
    <circle cx="15.7" cy="7.5" r="2.5" />
    <circle cx="8.2" cy="16.5" r="2.5" />
  </>,
);
export const IconSquare = icon(<rect x="5" y="5" width="14" height="14" rx="2" />);
export const IconLandscape = icon(<rect x="3" y="6" width="18" height="12" rx="2" />);
export const IconPortrait = icon(<rect x="6" y="3" width="12" height="18" rx="2" />);
export const IconStack = icon(
  <>
    <rect x="4" y="8" width="12" height="12" rx="2" />
    <path d="M8.5 4H18a2 2 0 0 1 2 2v9.5" />
  </>,
);
export const IconDice = icon(
  <>
    <rect x="4" y="4" width="16" height="16" rx="3.5" />
    <path d="M8.5 8.5h.01M15.5 8.5h.01M12 12h.01M8.5 15.5h.01M15.5 15.5h.01" strokeWidth={2.6} />
  </>,
);
export const IconSpark = icon(
  <path d="M12 3.5c.7 4.7 3.8 7.8 8.5 8.5-4.7.7-7.8 3.8-8.5 8.5-.7-4.7-3.8-7.8-8.5-8.5 4.7-.7 7.8-3.8 8.5-8.5Z" />,
);
export const IconSearch = icon(
  <>
    <circle cx="11" cy="11" r="6.5" />
    <path d="m16 16 4.5 4.5" />
  </>,
);
export const IconClose = icon(<path d="m6 6 12 12M18 6 6 18" />);
export const IconMore = icon(<path d="M6 12h.01M12 12h.01M18 12h.01" strokeWidth={2.8} />);
export const IconDownload = icon(<path d="M12 4v11m-4.5-4.5L12 15l4.5-4.5M5 20h14" />);
export const IconRecipe = icon(
  <>
    <path d="M7 3.5h7l4.5 4.5v12.5H7a1.5 1.5 0 0 1-1.5-1.5V5A1.5 1.5 0 0 1 7 3.5Z" />
    <path d="M9 12h6M9 16h4" />
  </>,
);
export const IconCopy = icon(
  <>
    <rect x="8.5" y="8.5" width="11.5" height="11.5" rx="2" />
    <path d="M15.5 8.5V6a2 2 0 0 0-2-2H6a2 2 0 0 0-2 2v7.5a2 2 0 0 0 2 2h2.5" />
  </>,
);
export const IconReuse = icon(
  <path d="M4.5 12a7.5 7.5 0 0 1 13-5.1L20 9.5M20 4.5v5h-5M19.5 12a7.5 7.5 0 0 1-13 5.1L4 14.5M4 19.5v-5h5" />,
);
export const IconTrash = icon(<path d="M4.5 7h15M9.5 7V4.5h5V7M6.5 7l.8 12.5h9.4L17.5 7M10.3 11v5M13.7 11v5" />);
export const IconCheck = icon(<path d="m5 12.5 4.5 4.5L19 7.5" />);
export const IconNewer = icon(<path d="m14.5 5.5-6.5 6.5 6.5 6.5" />);
export const IconOlder = icon(<path d="m9.5 5.5 6.5 6.5-6.5 6.5" />);
const STAR = 'm12 3.8 2.5 5.2 5.7.8-4.1 4 1 5.7-5.1-2.7-5.1 2.7 1-5.7-4.1-4 5.7-.8Z';
export const IconStar = icon(<path d={STAR} />);
export const IconStarFilled = icon(<path d={STAR} fill="currentColor" />);
export const IconCollection = icon(
  <>
    <path d="M3.5 18.5v-12A1.5 1.5 0 0 1 5 5h4.5l2 2.5H19A1.5 1.5 0 0 1 20.5 9v9.5A1.5 1.5 0 0 1 19 20H5a1.5 1.5 0 0 1-1.5-1.5Z" />
  </>,
);
export const IconFilter = icon(<path d="M4 6h16M7 12h10M10.5 18h3" />);
export const IconSelect = icon(
  <>
    <rect x="4" y="4" width="16" height="16" rx="4" />
    <path d="m8.2 12.3 2.7 2.7 5-5.6" />
  </>,
);
export const IconRename = icon(<path d="M4 20h4L19 9l-4-4L4 16ZM13 7l4 4" />);
export const IconPlus = icon(<path d="M12 5v14M5 12h14" />);
export const IconUpload = icon(<path d="M12 15V4m-4.5 4.5L12 4l4.5 4.5M5 15.5V20h14v-4.5" />);
export const IconSealed = icon(
  <>
    <path d="M12 3.5 19 6v5.5c0 4.3-2.9 7.4-7 9-4.1-1.6-7-4.7-7-9V6Z" />
    <path d="m8.8 12 2.4 2.4 4.2-4.6" />
  </>,
);
export const IconLikeness = icon(
  <>
    <circle cx="9.5" cy="12" r="6" />
    <circle cx="14.5" cy="12" r="6" />
  </>,
);
export const IconDoubt = icon(
  <>
    <path d="M12 4 21 19.5H3Z" />
    <path d="M12 10v4.5M12 17h.01" />
  </>,
);
export const IconQuestion = icon(
  <>
    <circle cx="12" cy="12" r="8.5" />
    <path d="M9.7 9.6a2.4 2.4 0 1 1 3.6 2.3c-.8.5-1.3 1-1.3 1.9M12 16.6h.01" />
  </>,
);
export const IconLink = icon(
  <>
    <path d="M10 14a4 4 0 0 0 6 .4l3-3a4 4 0 0 0-5.7-5.7l-1.2 1.2" />
    <path d="M14 10a4 4 0 0 0-6-.4l-3 3a4 4 0 0 0 5.7 5.7l1.2-1.2" />
  </>,
);
export const IconMinus = icon(<path d="M5 12h14" />);
export const IconHome = icon(<path d="m4 11 8-7 8 7M6.5 9.5V20h11V9.5" />);
export const IconHistory = icon(
  <>
    <path d="M4.5 12a7.5 7.5 0 1 0 2.6-5.7L4.5 8.5M4.5 4v4.5H9" />
    <path d="M12 8v4.3l3 1.8" />
  </>,
);
export const IconUndo = icon(<path d="M8.5 5 4 9.5 8.5 14M4 9.5h10a5.5 5.5 0 0 1 0 11h-3" />);
export const IconRedo = icon(<path d="M15.5 5 20 9.5 15.5 14M20 9.5H10a5.5 5.5 0 0 0 0 11h3" />);
export const IconFrame = icon(<path d="M8 4H4v4M16 4h4v4M8 20H4v-4M16 20h4v-4M12 10v4M10 12h4" />);
export const IconBrush = icon(
  <>
    <path d="M20 4c-4.6 1.9-8.2 5-9.9 8.3l1.6 1.6C15 12.2 18.1 8.6 20 4Z" />
    <path d="M9.3 13.3c-2.2 0-3.6 1.3-3.6 3.3 0 1.4-.6 2.3-1.9 2.8 3.6 1.2 7.7.2 7.9-3.7" />
  </>,
);
export const IconEraser = icon(
  <>
    <path d="m13.5 5 6 6-8.5 8.5H7.5L4 16Z" />
    <path d="m9 9.5 6 6M11 19.5h8.5" />
  </>,
);
