/** Signing up and in, one's own account, and looking after people. */
export { AccountPage } from './components/AccountPage';
export { ForgotPage } from './components/ForgotPage';
export { PeoplePage } from './components/PeoplePage';
export { ResetPage } from './components/ResetPage';
export { SignInPage } from './components/SignInPage';
export { SignUpPage } from './components/SignUpPage';
export { VerifyEmailPage } from './components/VerifyEmailPage';
