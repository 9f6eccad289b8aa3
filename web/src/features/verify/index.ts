export { VerifyPage } from './components/VerifyPage';
