import { recipeRows } from '../rules';
import classes from './RecipeTable.module.css';

export function RecipeTable({ recipe }: { recipe: Record<string, unknown> }) {
  return (
    <table className={classes.table}>
      <tbody>
        {recipeRows(recipe).map(([name, value]) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td>{value}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
