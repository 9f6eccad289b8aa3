import js from '@eslint/js';
import reactHooks from 'eslint-plugin-react-hooks';
import tseslint from 'typescript-eslint';

// The walls of the house: app → features → inference, shared. A feature, and inference, is entered through its index.ts only, and features
// never meet.
const outside = (...group) => ({ group, message: 'This import goes through a wall; see eslint.config.js.' });
const wall = (files, ...patterns) => ({ files, rules: { 'no-restricted-imports': ['error', { patterns }] } });
const behindTheDoor = outside('@/features/*/*', '@/inference/*');

export default tseslint.config(
  { ignores: ['dist', 'src/shared/api/schema.d.ts', 'public', '**/test-results', '**/playwright-report'] },
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  reactHooks.configs.flat['recommended-latest'],
  {
    languageOptions: { parserOptions: { projectService: { allowDefaultProject: ['eslint.config.js'] } } },
    rules: {
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      complexity: ['error', 12],
      'max-lines': ['error', 400],
    },
  },
  wall(['src/app/**', 'src/main.tsx'], behindTheDoor),
  wall(['src/shared/**', 'src/inference/**'], outside('@/features/**', '@/app/**', '**/features/**', '**/app/**')),
  wall(['src/features/*/*'], outside('@/features/**', '@/app/**', '@/inference/*', '../*')),
  wall(['src/features/*/*/**'], outside('@/features/**', '@/app/**', '@/inference/*', '../../*')),
  { files: ['eslint.config.js'], ...tseslint.configs.disableTypeChecked },
);
