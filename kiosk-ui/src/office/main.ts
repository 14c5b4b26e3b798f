import '../shared/base.css';
import '../staff/staff.css';
import './office.css';
import { mount } from 'svelte';
import Screen from './Office.svelte';

const app = document.getElementById('app')!;
app.replaceChildren();
mount(Screen, { target: app });
