export { StudioPage } from './components/StudioPage';
