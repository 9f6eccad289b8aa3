export { AtlasPage } from './components/AtlasPage';
