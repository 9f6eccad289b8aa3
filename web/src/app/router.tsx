import { createRootRoute, createRoute, createRouter, lazyRouteComponent, redirect } from '@tanstack/react-router';
import { Crash } from './Crash';
import { FirstAdmin } from './FirstAdmin';
import { NotFound } from './NotFound';
import { Shell } from './Shell';

const root = createRootRoute({ component: Shell, notFoundComponent: NotFound });

const front = createRoute({
  getParentRoute: () => root,
  path: '/',
  beforeLoad: () => {
    // eslint-disable-next-line @typescript-eslint/only-throw-error -- the router's own way to redirect
    throw redirect({ to: '/studio', replace: true });
  },
});

/** Whatever words an address says; which of them mean something is the studio's to know. */
type StudioSearch = Record<string, string>;

const words = (value: unknown) => (typeof value === 'string' || typeof value === 'number' ? String(value) : '');

const studio = createRoute({
  getParentRoute: () => root,
  path: '/studio',
  validateSearch: (search: Record<string, unknown>): StudioSearch => {
    const said = Object.entries(search).map(([key, value]) => [key, words(value)] as const);
    return Object.fromEntries(said.filter(([, value]) => value !== ''));
  },
  component: lazyRouteComponent(() => import('@/features/studio'), 'StudioPage'),
});

/** The world that one sees first: everybody's, and land from the beginning. */
const FIRST_WORLD = 'terra';

const atlasFront = createRoute({
  getParentRoute: () => root,
  path: '/atlas',
  beforeLoad: () => {
    // eslint-disable-next-line @typescript-eslint/only-throw-error -- the router's own way to redirect
    throw redirect({ to: '/atlas/$place', params: { place: FIRST_WORLD }, replace: true });
  },
});

/** A world, or a place in it: `commons@120,-45,-1`. */
const atlas = createRoute({
  getParentRoute: () => root,
  path: '/atlas/$place',
  component: lazyRouteComponent(() => import('@/features/atlas'), 'AtlasPage'),
});

const verify = createRoute({
  getParentRoute: () => root,
  path: '/verify',
  component: lazyRouteComponent(() => import('@/features/verify'), 'VerifyPage'),
});

const moderation = () => import('@/features/moderation');

const moderationPage = <Path extends string>(path: Path, name: keyof Awaited<ReturnType<typeof moderation>>) =>
  createRoute({ getParentRoute: () => root, path, component: lazyRouteComponent(moderation, name) });

/** The server prints this address at its first start; the token is behind the #, where no log sees it. */
const firstAdmin = createRoute({ getParentRoute: () => root, path: '/welcome', component: FirstAdmin });

const account = () => import('@/features/account');
type AccountPage = keyof Awaited<ReturnType<typeof account>>;
const page = <Path extends string>(path: Path, name: AccountPage) =>
  createRoute({ getParentRoute: () => root, path, component: lazyRouteComponent(account, name) });

/** `failed`: why a sign-in elsewhere came to nothing. */
const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  validateSearch: (search: Record<string, unknown>): { failed?: string } => {
    const failed = words(search.failed);
    return failed === '' ? {} : { failed };
  },
  component: lazyRouteComponent(account, 'SignInPage'),
});

export const router = createRouter({
  routeTree: root.addChildren([
    front,
    studio,
    atlasFront,
    atlas,
    verify,
    firstAdmin,
    signIn,
    page('/sign-up', 'SignUpPage'),
    page('/forgot', 'ForgotPage'),
    page('/reset', 'ResetPage'),
    page('/verify-email', 'VerifyEmailPage'),
    page('/account', 'AccountPage'),
    page('/people', 'PeoplePage'),
    moderationPage('/moderation', 'ModerationPage'),
    moderationPage('/decisions', 'DecisionsPage'),
    moderationPage('/shared/$image', 'SharedPage'),
  ]),
  defaultPreload: 'intent',
  // A place of the atlas reads in the address as it is written.
  pathParamsAllowedCharacters: ['@', ','],
  defaultErrorComponent: Crash,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
